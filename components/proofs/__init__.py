"""Proofs: a lesson's claim, computed live; one file for each kind, found by its name in this list.

Each module has `prove_json(experiments, options)`, which is given experiments as JSON and returns an exhibit.
"""

PROOFS = (
    "batch_sizes",
    "counted_once",
    "cycle_refused",
    "each_input_alone",
    "gradient_by_depth",
    "joined_channels",
    "joint_training",
    "list_or_dict",
    "loss_shares",
    "lower_loss",
    "one_by_one",
    "order_matters",
    "separable_cost",
    "sequential_twin",
)
"""The kinds of claim that lessons can make."""
