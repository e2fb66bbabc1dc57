"""Alerts: who is told when something stands still, as rules; and what the mail and the webhook then say.

Pure: settings, what happened and moments in; rules that apply, notices, mails (:mod:`gateway.alerts.mail`) and signed
requests (:mod:`gateway.alerts.webhook`) out. No I/O and no clock. What happened is ordered and judged by
:mod:`gateway.alerting`, and sent by :mod:`gateway.alert_sending`.
"""

from gateway.alerts.causes import CAUSES, EVENTS, FAMILIES, Cause, ends, meaning_of, unfolded
from gateway.alerts.notice import MOST_ITEMS, MOST_PARENTS, AlertSeverity, Item, Notice, NoticeKind, headline
from gateway.alerts.rules import Happened, Matcher
from gateway.alerts.settings import AlertRule, AlertSettings, Limits, MailDestination, WebhookDestination

__all__ = [
    "CAUSES",
    "EVENTS",
    "FAMILIES",
    "MOST_ITEMS",
    "MOST_PARENTS",
    "AlertRule",
    "AlertSettings",
    "AlertSeverity",
    "Cause",
    "Happened",
    "Item",
    "Limits",
    "MailDestination",
    "Matcher",
    "Notice",
    "NoticeKind",
    "WebhookDestination",
    "ends",
    "headline",
    "meaning_of",
    "unfolded",
]
