"""What to do: a service strategy per segment and a list of actions with reasons."""

from kehu.actions import action_list, key_pages, playbook

__all__ = ["action_list", "key_pages", "playbook"]
