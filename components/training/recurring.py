"""Recurrent layers over short sequences, written out step by step: all that enters meets the kernel in one product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

MOST_STEPS = 32
"""The longest sequence that is written out: tracing takes as long as it has steps."""

States = tuple[tf.Tensor, ...]
"""What a recurrence carries from step to step, [texts, units] each; the first is its output."""


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Every layer, those of nested models and inside wrappers too."""
    for layer in getattr(model, "layers", []):
        yield layer
        yield from layers_of(layer)
        if isinstance(layer, keras.layers.Wrapper):
            yield layer.layer
        if isinstance(layer, keras.layers.Bidirectional):
            yield from (layer.forward_layer, layer.backward_layer)


def is_recurrent(model: keras.Model) -> bool:
    """Whether any of its layers goes through a sequence step by step."""
    return any(isinstance(layer, keras.layers.RNN) for layer in layers_of(model))


@contextmanager
def written_out(model: keras.Model) -> Iterator[None]:
    """While it is open, calls of the model write out their short recurrences; equal but for rounding.

    What enters an LSTM, a GRU or a SimpleRNN meets the kernel before the first step, in one product. An Embedding's
    row times the kernel is the row of the embeddings' product with the kernel: where the vocabulary is small, each
    word meets the kernel once in a step, not once in every text.
    """
    lookups = Lookups()
    layers = dict.fromkeys(layers_of(model))
    embeddings = [layer for layer in layers if isinstance(layer, keras.layers.Embedding)]
    recurrent = [layer for layer in layers if isinstance(layer, keras.layers.RNN) and not layer.unroll]
    lean = [layer for layer in recurrent if type(layer) in STEPS and is_plain(layer)]
    for layer in embeddings:
        layer.call = lookups.remembering(layer)
    for layer in recurrent:
        layer.call = writing_out(layer)
    for layer in lean:
        layer.inner_loop = lookups.recurring(layer)
    try:
        yield
    finally:
        for layer in (*embeddings, *recurrent):
            del layer.call
        for layer in lean:
            del layer.inner_loop


def writing_out(layer: keras.layers.RNN) -> Callable[..., Any]:
    """The layer's own call, which writes out what is short: how long a text is shows only when it is there."""
    call = layer.call

    def write_out(sequences: tf.Tensor, *args: Any, **kwargs: Any) -> Any:
        steps = sequences.shape[1]
        layer.unroll = steps is not None and steps <= MOST_STEPS
        try:
            return call(sequences, *args, **kwargs)
        finally:
            layer.unroll = False

    return write_out


def is_plain(layer: keras.layers.RNN) -> bool:
    """Whether nothing but the kernel stands between what enters and the gates."""
    return not layer.dropout and not layer.recurrent_dropout and layer.compute_dtype == layer.variable_dtype


# What enters


class Lookups:
    """Which tensors are rows of embeddings, and of which words."""

    def __init__(self) -> None:
        self.found: dict[int, tuple[tf.Tensor, keras.layers.Embedding, tf.Tensor]] = {}

    def remembering(self, layer: keras.layers.Embedding) -> Callable[[tf.Tensor], tf.Tensor]:
        """The layer's own call, which remembers what it looked up."""
        call = layer.call

        def remember(words: tf.Tensor) -> tf.Tensor:
            rows = call(words)
            self.found[id(rows)] = (rows, layer, words)
            return rows

        return remember

    def recurring(self, layer: keras.layers.RNN) -> Callable[..., tuple]:
        """The layer's own loop, or the shorter one where it is written out and nothing is masked."""
        loop = layer.inner_loop

        def recur(sequences: tf.Tensor, initial_state: Any, mask: Any, training: bool = False) -> tuple:
            if not layer.unroll or any(part is not None for part in tf.nest.flatten(mask)):
                return loop(sequences, initial_state, mask, training)
            return go_through(layer, self.products(layer, sequences), tuple(tf.nest.flatten(initial_state)))

        return recur

    def products(self, layer: keras.layers.RNN, sequences: tf.Tensor) -> list[tf.Tensor]:
        """What enters, [texts, steps, width], times the kernel, plus the bias: for each step [texts, columns]."""
        kernel, bias = tf.convert_to_tensor(layer.cell.kernel), entering_bias(layer.cell)
        _, embedding, words = self.found.get(id(sequences), (None, None, None))
        if embedding is not None and is_shorter(embedding, words):
            words = tf.transpose(tf.cast(words, tf.int32))
            words = tf.where(words < 0, words + embedding.input_dim, words)  # As Keras looks them up: from the end.
            found = multiply(tf.convert_to_tensor(embedding.embeddings), kernel, bias, tf.reshape(words, [-1]))
        else:
            rows = tf.reshape(tf.transpose(sequences, [1, 0, 2]), [-1, sequences.shape[2]])
            found = tf.nn.bias_add(tf.matmul(rows, kernel), bias)
        return tf.split(found, sequences.shape[1])


def entering_bias(cell: Any) -> tf.Tensor:
    """The bias of what enters, [columns]; a GRU's cell may have a second row for what recurs."""
    if not cell.use_bias:
        return tf.zeros([cell.kernel.shape[1]])
    bias = tf.convert_to_tensor(cell.bias)
    return bias[0] if bias.shape.rank == 2 else bias


def is_shorter(embedding: keras.layers.Embedding, words: tf.Tensor) -> bool:
    """Whether looking up takes fewer multiplications for each column of the kernel; words, [texts, steps]."""
    texts, steps = words.shape
    if texts is None:
        return False
    vocabulary, width, count = embedding.input_dim, embedding.output_dim, texts * steps
    return vocabulary * width + count * vocabulary < 2 * count * width


@tf.custom_gradient
def multiply(table: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, words: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """The words' rows of the table, times the kernel, plus the bias: [words, columns].

    The table's gradient stays apart word by word, as an Embedding gives it: Keras's optimizers, which square it so,
    take another step where it is summed.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.IndexedSlices, tf.Tensor, tf.Tensor, None]:
        rows = tf.matmul(upstream, kernel, transpose_b=True)
        by_word = tf.matmul(tf.one_hot(words, table.shape[0]), upstream, transpose_a=True)
        of_kernel = tf.matmul(table, by_word, transpose_a=True)
        return tf.IndexedSlices(rows, words, tf.shape(table)), of_kernel, tf.reduce_sum(by_word, axis=0), None

    return tf.gather(tf.nn.bias_add(tf.matmul(table, kernel), bias), words), gradient


# What recurs


def go_through(layer: keras.layers.RNN, products: list[tf.Tensor], states: States) -> tuple[tf.Tensor, tf.Tensor, list]:
    """What the layer's loop returns: its last output, its outputs [texts, steps, units], and its states."""
    step, outputs = STEPS[type(layer)], []
    for product in products[:: -1 if layer.go_backwards else 1]:
        states = step(layer.cell, product, states)
        outputs.append(states[0])
    return states[0], tf.stack(outputs if layer.return_sequences else outputs[-1:], axis=1), list(states)


def step_simply(cell: Any, product: tf.Tensor, states: States) -> States:
    """A SimpleRNN's step."""
    return (cell.activation(product + tf.matmul(states[0], cell.recurrent_kernel)),)


def step_with_memory(cell: Any, product: tf.Tensor, states: States) -> States:
    """An LSTM's step."""
    hidden, carry = states
    let = cell.recurrent_activation
    enter, forget, candidate, leave = tf.split(product + tf.matmul(hidden, cell.recurrent_kernel), 4, axis=1)
    carry = let(forget) * carry + let(enter) * cell.activation(candidate)
    return let(leave) * cell.activation(carry), carry


def step_with_gates(cell: Any, product: tf.Tensor, states: States) -> States:
    """A GRU's step."""
    (hidden,) = states
    let, units = cell.recurrent_activation, cell.units
    entering_gates, entering = tf.split(product, [2 * units, units], axis=1)
    if cell.reset_after:
        recurring = tf.matmul(hidden, cell.recurrent_kernel)
        if cell.use_bias:
            recurring = tf.nn.bias_add(recurring, tf.convert_to_tensor(cell.bias)[1])
        recurring_gates, recurring = tf.split(recurring, [2 * units, units], axis=1)
        update, reset = tf.split(let(entering_gates + recurring_gates), 2, axis=1)
        candidate = cell.activation(entering + reset * recurring)
    else:
        of_gates, of_candidate = tf.split(tf.convert_to_tensor(cell.recurrent_kernel), [2 * units, units], axis=1)
        update, reset = tf.split(let(entering_gates + tf.matmul(hidden, of_gates)), 2, axis=1)
        candidate = cell.activation(entering + tf.matmul(reset * hidden, of_candidate))
    return (update * hidden + (1 - update) * candidate,)


STEPS: dict[type, Callable[[Any, tf.Tensor, States], States]] = {
    keras.layers.SimpleRNN: step_simply,
    keras.layers.LSTM: step_with_memory,
    keras.layers.GRU: step_with_gates,
}
