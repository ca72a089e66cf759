"""What to do: a service strategy per segment and a list of actions with reasons."""

from kehu.actions import action_list, key_pages, playbook
from kehu.contactable import may_contact

__all__ = ["action_list", "key_pages", "may_contact", "playbook"]
