terraform {
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.230.0"
    }
  }
}

locals {
  # One image for each kind of machine; 每种机器一个镜像。
  images = {
    web      = var.image_id
    database = "m-bp1db000000000000001" # the comment m-bp1placeholder000web stays
  }
}

module "web" {
  source = "./modules/machines"

  name     = "web"
  machines = var.web_count
  image_id = local.images["web"]
}

module "database" {
  source = "./modules/machines"

  name     = "database"
  image_id = local.images["database"]
}

resource "alicloud_instance" "bastion" {
  count = var.bastion ? 1 : 0

  instance_name              = "bastion"
  instance_type              = var.instance_type
  image_id                   = var.hardened ? "m-bp1web00000000000001" : local.images.web
  system_disk_category       = "cloud_essd"
  internet_max_bandwidth_out = 1
}
