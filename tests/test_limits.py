"""Limits: what is refused, in which words, and how they are set."""

from __future__ import annotations

import pytest

from components.limits import LimitError, Limits, limits_from_environment, read_bytes, write_bytes

LIMITS = Limits(parameters=1_000_000, memory=4_000_000_000, seconds=600, jobs=2, rows=1_000)


def test_what_is_within_the_limits_passes() -> None:
    LIMITS.check_parameters(1_000_000)
    LIMITS.check_rows(1_000)
    LIMITS.check_jobs(1)
    LIMITS.check_seconds(600)
    Limits(memory=0).check_parameters(50_000_000)


def test_each_refusal_says_the_rule_the_value_and_the_remedy() -> None:
    with pytest.raises(LimitError, match=r"at most 1,000,000 parameters here, and this has 1,000,001; use fewer"):
        LIMITS.check_parameters(1_000_001)
    with pytest.raises(LimitError, match=r"at most 1,000 rows here, and this has 5,000; take a sample"):
        LIMITS.check_rows(5_000)
    with pytest.raises(LimitError, match=r"may have 2 jobs waiting or running here, and you have 2; stop one"):
        LIMITS.check_jobs(2)
    with pytest.raises(LimitError, match=r"may run for 10 minutes here, and this would take about 20; train fewer"):
        LIMITS.check_seconds(1_200)


def test_a_model_that_does_not_fit_in_memory_is_refused_before_it_is_built() -> None:
    with pytest.raises(LimitError, match=r"may use 1 GB of memory here, and to train 40,000,000 .* at least 1\.54 GB"):
        Limits(memory=1_000_000_000).check_parameters(40_000_000)


def test_limits_are_set_by_the_environment() -> None:
    environment = {"LAYERLOOM_MOST_MEMORY": "8GB", "LAYERLOOM_MOST_JOBS": "1", "LAYERLOOM_MOST_STORE": "512 MiB"}
    limits = limits_from_environment(environment)
    assert (limits.memory, limits.jobs, limits.store, limits.rows) == (8_000_000_000, 1, 536_870_912, Limits.rows)
    assert 0 < limits_from_environment({}).memory <= Limits.memory


@pytest.mark.parametrize("text", ["lots", "-1", "4 apples", "1e9", ""])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(LimitError, match="LAYERLOOM_MOST_MEMORY is a number or a size such as 4GB"):
        read_bytes(text, "LAYERLOOM_MOST_MEMORY")


def test_sizes_are_read_and_written() -> None:
    assert [read_bytes(text, "") for text in ("12", "1.5GB", "2 kib", "0")] == [12, 1_500_000_000, 2_048, 0]
    assert [write_bytes(size) for size in (4e9, 1.5e9, 200e6)] == ["4 GB", "1.5 GB", "200 MB"]
