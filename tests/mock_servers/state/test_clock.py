from mock_servers.state.clock import Clock


class Machine:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_clock_follows_the_machine() -> None:
    machine = Machine()
    clock = Clock(machine)

    machine.time += 5

    assert clock.now() == 1005


def test_a_set_clock_runs_on() -> None:
    machine = Machine()
    clock = Clock(machine)

    clock.set(50)
    machine.time += 5

    assert clock.now() == 55
    assert not clock.frozen


def test_a_frozen_clock_stands() -> None:
    machine = Machine()
    clock = Clock(machine)

    clock.freeze()
    machine.time += 5

    assert clock.now() == 1000
    assert clock.frozen


def test_a_frozen_clock_advances_when_reported_and_stays_frozen() -> None:
    machine = Machine()
    clock = Clock(machine)
    clock.freeze()

    clock.advance(7)
    machine.time += 5

    assert clock.now() == 1007


def test_a_running_clock_advances() -> None:
    clock = Clock(Machine())

    clock.advance(600)
    clock.advance(-100)

    assert clock.now() == 1500


def test_a_reset_clock_follows_the_machine_again() -> None:
    clock = Clock(Machine())
    clock.set(0, frozen=True)

    clock.reset()

    assert clock.now() == 1000


def test_a_reading_can_be_restored() -> None:
    clock = Clock(Machine())
    clock.set(50, frozen=True)
    reading = clock.snapshot()
    clock.reset()

    clock.restore(reading)

    assert clock.now() == 50
