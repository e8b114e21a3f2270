"""Let pytest read the pages here, not the scripts and what a build of the site leaves behind."""

collect_ignore_glob = ["*.py", "_build/*", "auto_gallery/*", "generated/*"]
