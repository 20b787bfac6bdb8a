import jax  # told
import jax.numpy as jnp  # told
from jax import grad, jit  # told


def predict(params, x):
    for weights, biases in params:
        x = jnp.tanh(x @ weights + biases)
    return x


loss = jit(lambda params, x, y: jnp.mean((predict(params, x) - y) ** 2))
step = grad(loss)
