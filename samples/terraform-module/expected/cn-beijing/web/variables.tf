variable "image_id" {
  type        = string
  default     = "m-2zeweb00000000000002"
  description = "Image of the web machines, such as m-bp1placeholder000web."
}

variable "hardened" {
  type    = bool
  default = true
}

variable "bastion" {
  type    = bool
  default = false
}

variable "web_count" {
  type    = number
  default = 2
}

variable "instance_type" {
  type    = string
  default = "ecs.e-c1m2.large"
}
