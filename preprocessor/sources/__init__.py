"""Where entries of the artifact map come from: files that other tools wrote, and the cloud."""
