"""The feed's speed: receive and decode, store, find again and forget, beside the usual ways."""
