"""REC-2: what the flows make has no drift, and one value changed behind their backs is named by the right sentence.

`DRIFT_CLIENTS` makes the world larger, `DRIFT_SEED` another one.
"""

import os
from random import Random

import pytest
from prefect import flow

from flows.account_transition_outreach import align_outreach
from rules.reconciliation.drift import all_sentences
from rules.reconciliation.report import Found
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all
from tasks.onboarding.permission_matrix import read_matrix
from tasks.reconciliation.comparison import compare_all, look_again, read_sources, standards, without_matrix
from tests.support.grown_world import World, completed
from tests.support.own_org import own_org
from tests.support.tampering import SEQUENCES, TAMPERINGS, Tampering

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("world without drift"), pytest.mark.timeout(3600)]

CLIENTS = int(os.environ.get("DRIFT_CLIENTS", "6"))
SEED = int(os.environ.get("DRIFT_SEED", "15"))


@flow(name="nightly comparison", persist_result=True)
async def compare() -> Found:
    """What a night's reconciliation finds."""
    policy = await load_policy()
    sources, matrix = await gather_all(read_sources(), read_matrix())
    compared_with = await standards(policy, matrix)
    found = await compare_all(sources, compared_with, 100)
    return without_matrix(await look_again(found, sources, compared_with), matrix)


@pytest.fixture(scope="module")
async def world(blocks, credentials):  # noqa: ARG001 - the blocks are stored
    async with own_org(credentials) as people:
        world = World(people, Random(SEED))  # noqa: S311 - a made-up world, no secret
        await world.grow(CLIENTS)
        yield world


async def assert_nothing_found(world):
    found = await compare()
    assert (found.drift, found.unavailable, found.clients) == ((), {}, len(world.clients))


def offenders(found):
    return {(one.sentence, one.account_id) for one in found.drift}


async def test_rec_2_what_the_flows_make_has_no_drift(world):
    await assert_nothing_found(world)


def test_rec_2_each_sentence_is_tampered_with():
    assert {one.sentence for one in TAMPERINGS.values()} == {one.key for one in all_sentences()}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_rec_2_one_changed_value_is_named_by_its_sentence_alone(world, tampering: Tampering):
    client = tampering.somebody(world)
    with tampering.change(world, client):
        found = await compare()
    assert offenders(found) == {(tampering.sentence, client.account)}, (client, found.drift)


async def test_rec_2_a_sequence_that_another_mailbox_sends_is_named_and_repaired(world):
    client = world.one("reassigned")
    world.begin_sequence(world.prospect_of(client), world.sender)
    assert offenders(await compare()) == {(SEQUENCES, client.account)}
    await completed(align_outreach, account_id=client.account)


async def test_rec_2_all_that_was_put_back_has_no_drift(world):
    await assert_nothing_found(world)
