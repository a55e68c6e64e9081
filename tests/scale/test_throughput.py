from tests.scale.throughput import of_a_sale


def test_the_cpu_of_a_sale_is_that_of_all_parts_of_a_kind():
    used = {"worker-1": 6.0, "worker-2": 2.0, "api-1": 4.0, "services": 1.0}
    assert of_a_sale(used, 4) == {"worker": 2.0, "api": 1.0, "services": 0.25}
