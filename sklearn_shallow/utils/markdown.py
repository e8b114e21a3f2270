"""Tables in Markdown, which the pages of the documentation print."""


def markdown_table(header, rows):
    """Return a table as text.

    Parameters
    ----------
    header : list of str
    rows : sequence of lists of str
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
