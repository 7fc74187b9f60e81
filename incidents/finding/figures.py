"""Written by `python -m benchmarks.finder --write`: of the labelled parts of texts not tuned on, how many
were missed and how many there were. Names: as if none were on the list of given names."""

MISSED = {
    "person": (18, 99),
    "phone": (0, 22),
    "email": (0, 8),
    "address": (0, 11),
    "position": (1, 8),
    "plate": (0, 11),
    "identity_number": (0, 17),
    "organisation": (0, 0),
}
