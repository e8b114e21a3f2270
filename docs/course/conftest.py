"""The examples of the Chinese pages are those of the English ones, which run."""

collect_ignore_glob = ["zh/*"]
