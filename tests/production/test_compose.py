"""docker-compose.yml keeps to the Compose specification, and every service to our own rules."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest
import yaml

from tests.infrastructure.commands import REPOSITORY, run
from tests.test_architecture import PACKAGES

from .stack import APPLICATION, OWNER, Stack

COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
BUILT_HERE = {"portal", "proxy"}
# One-shot, or asked by nothing but its own alarms.
WITHOUT_HEALTH_CHECK = {"migrate", "manage", "owner", "watch"}
SEEN_FROM_OUTSIDE = {"proxy"}
REACHES_OUTSIDE = {"proxy": "public", "worker": "outward", "watch": "outward"}
SIGNS_IN_AS_OWNER = {"migrate", "owner"}


def portal_services() -> dict[str, dict]:
    return {name: one for name, one in SERVICES.items() if one["image"].startswith("slt-portal:")}


def test_it_follows_the_specification():
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    jsonschema.validate(COMPOSE, schema)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_guarded(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    user, _, group = service["user"].partition(":")
    assert min(int(user), int(group)) > 0, "never root"
    assert service["logging"]["driver"] == "json-file"
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service.keys() >= {"mem_limit", "pids_limit", "restart", "networks", "tmpfs", "init"}
    assert ("stop_grace_period" in service) == (service["restart"] != "no")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_whether_it_is_well(name):
    check = SERVICES[name]["healthcheck"]
    assert ("disable" in check) == (name in WITHOUT_HEALTH_CHECK)
    assert "disable" in check or check.keys() >= {"test", "interval", "timeout", "start_period"}


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name):
    service = SERVICES[name]
    if "build" in service:
        assert service["build"]["target"] in BUILT_HERE
    else:
        assert re.search(r":\d+\.\d+(\.\d+)?-[a-z]+(@sha256:[0-9a-f]{64})?$", service["image"])


def test_the_images_built_here_are_pinned_and_not_root():
    text = (REPOSITORY / "Dockerfile").read_text()
    stages = re.findall(r"^FROM (\S+) AS (\w+)$", text, re.MULTILINE)
    assert {name for _, name in stages} == {"build", *BUILT_HERE}
    assert [image for image, _ in stages if not re.search(r":\d+\.\d+(\.\d+)?-slim(-[a-z]+)?$", image)] == []
    for stage in text.split("\nFROM ")[2:]:
        assert re.search(r"^USER \d+:\d+$", stage, re.MULTILINE)
        assert "HEALTHCHECK" in stage
        assert "gcc" not in stage


def test_the_image_holds_what_runs_and_nothing_else():
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    taken = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    others = {"deploy", "locale", "static", "templates", "manage.py", "requirements.txt", "LICENSE"}
    assert taken == {path.name for path in PACKAGES} | others
    assert "rm -rf /tmp/build demo" in (REPOSITORY / "Dockerfile").read_text(), "the demo is never in production"


def test_only_the_proxy_is_reached_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == SEEN_FROM_OUTSIDE
    outside = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    reaching = {name: outside & set(service["networks"]) for name, service in SERVICES.items()}
    assert {name: found for name, found in reaching.items() if found} == {
        name: {network} for name, network in REACHES_OUTSIDE.items()
    }
    assert "backend" not in SERVICES["proxy"]["networks"], "the proxy sees the web and nothing behind it"


def test_secrets_are_files_and_nothing_else(tmp_path):
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    named = {value["file"] for value in COMPOSE["secrets"].values()}
    assert named == {f"./secrets/{name}" for name in used}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY|SECRET|REDIS_URL", name) and not name.endswith("_DIR"):
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_what_make_secrets_makes_is_what_is_mounted(tmp_path):
    made = run(str(REPOSITORY / "deploy/make-secrets"), str(tmp_path / "secrets"))
    assert made.returncode == 0, made.stderr
    found = {path.name: path for path in (tmp_path / "secrets").iterdir()}
    assert found.keys() | {"tls_certificate", "tls_key"} == set(COMPOSE["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    contents = [path.read_text() for name, path in found.items() if path.stat().st_size]
    assert len(set(contents)) == len(contents)
    assert not any(content in made.stdout + made.stderr for content in contents)

    again = run(str(REPOSITORY / "deploy/make-secrets"), str(tmp_path / "secrets"))
    assert again.returncode != 0
    assert "nothing was changed" in again.stderr


def test_every_process_is_started_by_the_script_that_tests_start():
    script = (REPOSITORY / "deploy/start").read_text()
    roles = set(re.findall(r"^(\w+)\)", script, re.MULTILINE))
    commands = {name: service["command"] for name, service in portal_services().items() if "entrypoint" not in service}
    assert commands == {name: [name] for name in roles}
    assert SERVICES["web"]["deploy"]["replicas"] == 2


def test_only_what_migrates_and_restores_signs_in_as_the_owner():
    for name, service in portal_services().items():
        role, password = (OWNER, "owner") if name in SIGNS_IN_AS_OWNER else (APPLICATION, "app")
        assert service["environment"]["SLT_DB_USER"] == role
        assert service["environment"]["SLT_DB_PASSWORD_FILE"] == f"/run/secrets/db_{password}_password"
        assert ("SLT_DB_APP_ROLE" in service["environment"]) == (name in SIGNS_IN_AS_OWNER)
        assert {"db_owner_password", "db_superuser_password"} & set(service["secrets"]) == (
            {"db_owner_password"} if name in SIGNS_IN_AS_OWNER else set()
        )


def test_nothing_starts_before_what_it_needs():
    for name, service in portal_services().items():
        waits = {other: condition["condition"] for other, condition in service["depends_on"].items()}
        prepared = {} if name in SIGNS_IN_AS_OWNER else {"migrate": "service_completed_successfully"}
        assert waits == {"postgres": "service_healthy", "redis": "service_healthy"} | prepared
    assert SERVICES["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}


def test_the_stack_of_tests_has_the_same_settings(tmp_path):
    example = re.findall(r"^(SLT_\w+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
    deployed = {*SERVICES["web"]["environment"], *SERVICES["proxy"]["environment"], *example}
    ours = {name for name in Stack(tmp_path, smtp_port=1).environment if name.startswith("SLT_")}
    optional = {
        "SLT_BOUNCE_IMAP_PASSWORD_FILE",
        "SLT_ALARM_MAIL_PASSWORD_FILE",
        "SLT_MAIL_USER",
        "SLT_PROXY_RATE",
        "SLT_PROXY_SIGN_IN_RATE",
    }
    optional |= {name for name in deployed if name.startswith("SLT_HOST_")}
    assert deployed - ours == optional


def test_redis_never_throws_a_job_away():
    lines = dict(
        line.split(" ", 1) for line in (REPOSITORY / "deploy/redis/redis.conf").read_text().splitlines() if " " in line
    )
    assert lines["maxmemory-policy"] == "volatile-lru", "queues have no time to live"
    limit = SERVICES["redis"]["mem_limit"]
    assert int(limit.removesuffix("m")) > int(lines["maxmemory"].removesuffix("mb")), "Redis evicts before it is killed"
