bastion = true
