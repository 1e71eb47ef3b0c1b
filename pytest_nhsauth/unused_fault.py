"""What a test is warned of that orders a fault and never meets it."""


class UnusedFaultWarning(UserWarning):
    """Nothing met a fault that the test ordered: it has not tested what it says.

    `filterwarnings = ["error::pytest_nhsauth.UnusedFaultWarning"]` makes it an error of the test.
    """
