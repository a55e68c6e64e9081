"""The image and the Compose file start what the project has, with variables that are read and secrets from files."""

import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from deployments.stack.topology import Topology
from tests.deployments.files.commands import fault
from tests.deployments.files.tools import needs_module, needs_program, program
from tests.deployments.files.variables import OF_THE_IMAGE, module_faults, unknown
from tests.docs.ends_table import PROJECT

FOLDER = PROJECT / "deployments" / "docker"
TEXT = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("${IMAGE")}
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
HAPROXY = (FOLDER / "haproxy.cfg").read_text(encoding="utf-8")
FOR_THE_PROXY = {"DASHBOARD_HOST", "RECEIVER_HOST"}
PORTS = {"api": 4200, "worker": 8080, "receiver": 8710, "metrics": 8720}
"""Where the programs listen by default."""


@pytest.mark.parametrize("name", OURS)
def test_each_part_starts_a_program_with_options_that_it_has(name):
    assert fault(OURS[name]["command"]) == ""


@pytest.mark.parametrize("name", OURS)
def test_each_variable_and_each_secret_is_read(name):
    variables = {**OURS[name]["environment"], **dict.fromkeys(OURS[name]["secrets"], "")}
    assert unknown(variables) == set()
    assert module_faults(OURS[name]["environment"]) == []
    assert not set(OURS[name]["environment"]) & set(OURS[name]["secrets"])


def test_servers_share_what_several_servers_must_share():
    wanted = Topology("", SecretStr(""), SecretStr("redis://redis:6379/0")).server_environment()
    wanted = {name: value for name, value in wanted.items() if value and name != "PREFECT_API_URL"}
    for name in ("migrations", "api", "services"):
        assert wanted.items() <= OURS[name]["environment"].items()


@pytest.mark.parametrize("name", PORTS)
def test_the_health_check_asks_the_port_of_the_part(name):
    assert f":{PORTS[name]}/" in OURS[name]["environment"]["HEALTH_URL"]
    assert str(PORTS[name]) in re.findall(r"\d+", re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0])


def test_a_part_without_an_address_has_no_health_check():
    assert {name for name in OURS if name not in PORTS} == {name for name in OURS if OURS[name].get("healthcheck")}


def test_the_proxy_leads_to_the_ports_of_the_parts():
    servers = dict(re.findall(r"server-template \S+ \d+ (\w+):(\d+) ", HAPROXY))
    assert servers == {name: str(PORTS[name]) for name in ("api", "receiver")}


def test_a_part_that_waits_for_health_or_an_end_can_have_it():
    for service in SERVICES.values():
        for other, wait in service.get("depends_on", {}).items():
            checked = other in PORTS or "test" in SERVICES[other].get("healthcheck", {})
            assert wait["condition"] != "service_healthy" or checked, other
            assert wait["condition"] != "service_completed_successfully" or SERVICES[other]["restart"] == "no"


def test_every_name_that_the_file_takes_from_env_is_in_the_example():
    example = re.findall(r"^([A-Z_]+)=", (FOLDER / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(example)
    assert set(re.findall(r"\$\{(\w+)\}", HAPROXY)) == FOR_THE_PROXY == set(SERVICES["proxy"]["environment"])


def test_the_page_makes_every_secret():
    page = (PROJECT / "docs" / "deploying.md").read_text(encoding="utf-8")
    made = set(re.findall(r"> secrets/(\S+)$", page.partition("## Docker")[2], re.MULTILINE))
    assert made == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])


def test_no_part_may_write_to_the_image_or_gain_rights():
    for service in OURS.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        written = [place.partition(":")[0] for place in service["tmpfs"]]
        written += [place.partition(":")[2] for place in service.get("volumes", [])]
        assert set(written) == {"/tmp", "/var/lib/lifecycle"}  # noqa: S108 - in a container of its own
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)


def test_the_image_has_every_package_of_the_project():
    wheel = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = [word for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]]
    assert set(wheel["packages"]) <= set(copied)
    assert [name for name in copied if not (PROJECT / name).exists()] == []
    assert (
        fault(
            [
                "python",
                *re.findall(r'^CMD \["python", (.*)\]$', DOCKERFILE, re.MULTILINE)[0].replace('"', "").split(", "),
            ]
        )
        == ""
    )
    targets = re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"RUN make (\w+)", DOCKERFILE)) <= set(targets)
    assert set(re.findall(r"^\s+([A-Z_]+)=", DOCKERFILE, re.MULTILINE)) - OF_THE_IMAGE == {
        "LIFECYCLE_HOME",
        "PREFECT_HOME",
    }


def test_secrets_become_variables_and_the_program_gets_its_words(tmp_path):
    (tmp_path / "RECEIVER_TOKEN").write_text("a token with spaces\n")
    (tmp_path / "certificate.pem").write_text("no variable")
    script = (FOLDER / "with-secrets").read_text(encoding="utf-8").replace("/run/secrets", str(tmp_path))
    words = ["sh", "-c", script, "with-secrets", "sh", "-c", 'echo "$RECEIVER_TOKEN|$1"', "sh", "a word"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
    assert shown.stdout == "a token with spaces|a word\n"


@pytest.fixture(scope="module")
def certificate():
    """A key and a certificate of its own, as one text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lifecycle.example.com")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day.replace(year=2036)).sign(
        key, hashes.SHA256()
    )
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *plain)
    ).decode()


@needs_program("haproxy")
def test_haproxy_accepts_its_configuration(tmp_path, certificate):
    (tmp_path / "certificate.pem").write_text(certificate)
    (tmp_path / "haproxy.cfg").write_text(HAPROXY.replace("/run/secrets", str(tmp_path)))
    environ = {**os.environ, "DASHBOARD_HOST": "prefect.example.com", "RECEIVER_HOST": "lifecycle.example.com"}
    command = [program("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg"]
    found = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert (found.returncode, "WARNING" in found.stderr) == (0, False), found.stderr


@needs_program("nginx")
def test_nginx_accepts_its_configuration(tmp_path, certificate):
    for name in ("fullchain.pem", "privkey.pem"):
        (tmp_path / name).write_text(certificate)
    text = (PROJECT / "deployments/nginx/lifecycle.conf").read_text(encoding="utf-8")
    (tmp_path / "site.conf").write_text(text.replace("/etc/lifecycle/tls", str(tmp_path)))
    http = f"http {{ access_log off; include {tmp_path}/site.conf; }}"
    own = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} {http}"
    (tmp_path / "nginx.conf").write_text(own)
    command = [program("nginx"), "-t", "-q", "-c", tmp_path / "nginx.conf"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@needs_program("hadolint")
def test_hadolint_finds_no_fault_in_the_image():
    found = subprocess.run([program("hadolint"), FOLDER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


@needs_module("compose_spec")
def test_the_compose_specification_allows_the_file():
    from compose_spec import PyCompose  # noqa: PLC0415 - not installed everywhere

    filled_in = re.sub(r"\$\{\w+[^}]*\}", "name.example", re.sub(r"\$\{\w+:-(\w+)\}", r"\1", TEXT))
    # The parser knows no merge keys, so they are resolved first.
    made = PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(filled_in)))
    made.validate()
    assert set(made.service_names()) == set(SERVICES)
