"""Mails to send."""

from email.message import EmailMessage

ANA = "ana@seller.example"


def mail(*to, subject="Hello", text="Dear you"):
    message = EmailMessage()
    message["From"] = "CS <cs@seller.example>"
    message["To"] = ", ".join(to or (ANA,))
    message["Subject"] = subject
    message.set_content(text)
    return message
