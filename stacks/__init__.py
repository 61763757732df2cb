"""One Pulumi project a layer: project name, layer name and folder name are the same word."""
