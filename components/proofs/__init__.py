"""Proofs: a lesson's claim, computed live; one file for each kind, found by its name in this list.

Each module has `prove_json(experiments, options)`, which is given experiments as JSON and returns an exhibit.
"""

PROOFS = (
    "batch_sizes",
    "best_on_disk",
    "boxes_and_calls",
    "broken_member",
    "counted_once",
    "cycle_refused",
    "each_input_alone",
    "gradient_by_depth",
    "gradient_widths",
    "hook_order",
    "inserted_blocks",
    "joined_channels",
    "joint_training",
    "list_or_dict",
    "logs_on_disk",
    "loss_shares",
    "lower_loss",
    "moving_mean",
    "one_by_one",
    "order_matters",
    "rate_drops",
    "remembering",
    "sampler_race",
    "separable_cost",
    "sequential_twin",
    "sizes_side_by_side",
    "stopping_early",
    "topology_search",
    "two_modes",
    "watched_names",
    "what_fits",
    "winners_curse",
    "word_neighbours",
)
"""The kinds of claim that lessons can make."""
