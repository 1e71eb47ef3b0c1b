"""The number of Hypothesis's examples: `--hypothesis-profile=nhsauth-thorough` for a night, `nhsauth-quick` for a look.

A conftest imports this: Hypothesis's own plugin looks for a profile once the first conftests are loaded.
"""

from hypothesis import Phase, settings

settings.register_profile("nhsauth-thorough", max_examples=2000, stateful_step_count=100, deadline=None)
settings.register_profile(
    "nhsauth-quick",
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
