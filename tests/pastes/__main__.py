"""Writes the first screens of the pastes anew, to be read aloud before they are kept."""

from tests.pastes import SCREENS, screens

SCREENS.write_text(screens(), "utf-8")
