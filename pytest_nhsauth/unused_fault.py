"""The warning about a fault that no request has met."""


class UnusedFaultWarning(UserWarning):
    """No request has met a fault that the test ordered, so it has not tested what it seems to.

    `filterwarnings = ["error::pytest_nhsauth.UnusedFaultWarning"]` makes it an error of the test.
    """
