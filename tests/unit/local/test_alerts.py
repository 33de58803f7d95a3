import json

from local.alerts import AlertPrinter, alert_line
from local.processes.local_aws import LocalAwsAddress


def test_an_alert_is_one_line() -> None:
    body = json.dumps({"Subject": "[SIMULATED] CRITICAL\nHaltRaised", "Message": "long text"})

    assert alert_line(body) == "[SIMULATED] CRITICAL HaltRaised"


def test_without_a_subject_the_text_is_shown_shortened() -> None:
    line = alert_line(json.dumps({"Message": "x" * 500}))

    assert line.startswith("xxx")
    assert len(line) == 200


def test_a_subject_that_was_cut_is_completed() -> None:
    body = {
        "Subject": "[PAPER] WARNING OrderRejected: buy 5 IBM was rejec...",
        "Message": "buy 5 IBM was rejected: insufficient buying power\n\nMode: PAPER",
    }

    assert alert_line(json.dumps(body)) == (
        "[PAPER] WARNING OrderRejected: buy 5 IBM was rejected: insufficient buying power"
    )


def test_what_was_published_is_printed_once(local_aws: LocalAwsAddress) -> None:
    sqs = local_aws.client("sqs")
    url = sqs.create_queue(QueueName="alerts-printed")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"Subject": "HaltRaised"}))
    said: list[str] = []
    printer = AlertPrinter(local_aws, url, say=said.append)

    assert printer.print_waiting() == 1
    assert printer.print_waiting() == 0
    assert said == ["alert: HaltRaised"]
