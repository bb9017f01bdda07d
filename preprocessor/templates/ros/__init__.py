"""ROS templates, in YAML and in JSON."""

from preprocessor.templates.ros.template import is_ros, looks_like_ros, read_ros

__all__ = ["is_ros", "looks_like_ros", "read_ros"]
