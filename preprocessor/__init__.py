"""Write region-specific ROS and Terraform templates from an artifact map of images."""

__version__ = "0.1.0"
