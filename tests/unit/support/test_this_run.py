"""What tests/conftest.py sees to, however the run was started and whatever ran before."""

import os
import signal

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers


def test_ctrl_c_counts_also_where_the_run_is_in_the_background() -> None:
    assert signal.SIG_IGN is not signal.getsignal(signal.SIGINT)


@pytest.mark.skipif("HYPOTHESIS_PROFILE" in os.environ, reason="explores, with values that nobody can foresee")
def test_the_values_of_properties_are_the_same_whatever_is_loaded() -> None:
    assert settings().derandomize
    assert 0 == len(providers._get_local_constants())
