"""Exit statuses are an interface: supervisors, units and scripts compare numbers."""

from photoncloud.runtime import exit_status


def test_numbers_are_those_of_the_specification() -> None:
    expected = {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 64,
        "UNAVAILABLE": 69,
        "INTERNAL": 70,
        "OS_ERROR": 71,
        "CANNOT_CREATE": 73,
        "IO_ERROR": 74,
        "NO_PERMISSION": 77,
        "CONFIGURATION": 78,
        "FORCED_INTERRUPT": 130,
        "FORCED_TERMINATE": 143,
    }
    assert {name: getattr(exit_status, name) for name in expected} == expected


def test_statuses_after_which_a_restart_cannot_help() -> None:
    assert {64, 69, 77, 78} == exit_status.RETRY_IS_USELESS
