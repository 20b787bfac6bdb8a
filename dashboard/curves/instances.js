// Instances: an element of ours for each place that Streamlit gives it, from the first data that it is shown until it is gone.

/** What Streamlit calls at first and whenever the data changed, for a kind of element. */
export function shown(Kind) {
  const instances = new WeakMap();

  /** Streamlit calls what `show` returned also when an update was overtaken by the next: only what is gone is closed. */
  const leave = (parent) => {
    if (parent.isConnected) return;
    instances.get(parent)?.close();
    instances.delete(parent);
  };

  return function show({ data, parentElement, setStateValue }) {
    if (!data) return undefined;
    const element = instances.get(parentElement) ?? new Kind(parentElement, data);
    instances.set(parentElement, element);
    element.setState = setStateValue;
    element.receive(data);
    return () => setTimeout(() => leave(parentElement));
  };
}
