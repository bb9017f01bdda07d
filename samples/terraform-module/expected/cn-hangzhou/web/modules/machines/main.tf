variable "name" {
  type = string
}

variable "image_id" {
  type = string
}

variable "machines" {
  type    = number
  default = 1
}

resource "alicloud_instance" "this" {
  count = var.machines

  instance_name = "${var.name}-${count.index}"
  instance_type = "ecs.e-c1m2.large"
  image_id      = var.image_id
  user_data     = templatefile("${path.module}/templates/init.sh.tftpl", { name = var.name })
}
