"""All that a person sees; the only folder that knows Streamlit."""
