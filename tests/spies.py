"""Functions that note their calls, for the tests."""


def spied(monkeypatch, owner, name, note):
    """Return a list that gets a note of every call of a function, which does what it did.

    Parameters
    ----------
    owner : module, class or object
    name : str, of the function there
    note : callable, from the result and the arguments of a call to what is noted
    """
    notes, original = [], getattr(owner, name)

    def spy(*args, **options):
        result = original(*args, **options)
        notes.append(note(result, *args, **options))
        return result

    monkeypatch.setattr(owner, name, spy)
    return notes
