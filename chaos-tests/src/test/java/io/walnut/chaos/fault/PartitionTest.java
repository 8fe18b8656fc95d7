package io.walnut.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Network;
import io.walnut.chaos.cluster.Network.Link;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionTest {
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 7})
    void halvesAreAMinorityAndTheOthers(int size) {
        for (int seed = 0; seed < 20; seed++) {
            Set<Link> cut = Partition.HALVES.cut(nodes(size), new Random(seed));
            Set<Set<String>> parts =
                    nodes(size).stream().map(node -> reached(node, cut, size)).collect(Collectors.toSet());
            assertThat(parts).hasSize(2);
            assertThat(parts.stream().mapToInt(Set::size).sum()).isEqualTo(size);
            assertThat(parts).anyMatch(part -> part.size() > size / 2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5, 7})
    void onABridgeOneNodeReachesAllAndEachOtherABareMajority(int size) {
        Set<Link> cut = Partition.BRIDGE.cut(nodes(size), new Random(1));
        assertThat(reached("n1", cut, size)).hasSize(size);
        for (String node : nodes(size).subList(1, size)) {
            assertThat(reached(node, cut, size)).hasSize(size / 2 + 1).contains("n1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 9})
    void onARingEachNodeReachesABareMajorityAndNoTwoTheSame(int size) {
        Set<Link> cut = Partition.RING.cut(nodes(size), new Random(1));
        Set<Set<String>> majorities = new HashSet<>();
        for (String node : nodes(size)) {
            assertThat(reached(node, cut, size)).hasSize(size / 2 + 1);
            assertThat(majorities.add(reached(node, cut, size))).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void aLeaderIsCutOffAsItsPartitionSays(int size) {
        List<Link> out = nodes(size).subList(1, size).stream()
                .map(other -> new Link("n1", other))
                .toList();
        List<Link> in =
                out.stream().map(link -> new Link(link.to(), link.from())).toList();
        List<Link> clients = List.of(new Link("n1", Network.CLIENTS), new Link(Network.CLIENTS, "n1"));
        assertThat(cut(Partition.MUTE_LEADER, size)).containsExactlyInAnyOrderElementsOf(out);
        assertThat(cut(Partition.DEAF_LEADER, size)).containsExactlyInAnyOrderElementsOf(in);
        assertThat(cut(Partition.LEADER_WITHOUT_CLIENTS, size)).containsExactlyInAnyOrderElementsOf(clients);
        assertThat(cut(Partition.LEADER_WITHOUT_PEERS, size))
                .containsAll(in)
                .containsAll(out)
                .hasSize(2 * out.size());
        assertThat(cut(Partition.LEADER, size))
                .containsAll(in)
                .containsAll(out)
                .containsAll(clients)
                .hasSize(2 * out.size() + 2);
        assertThat(cut(Partition.ONE_WAY, size)).containsExactly(new Link("n1", "n2"));
    }

    private static Set<Link> cut(Partition partition, int size) {
        return partition.cut(nodes(size), new Random(1));
    }

    private static List<String> nodes(int size) {
        return IntStream.rangeClosed(1, size).mapToObj("n%d"::formatted).toList();
    }

    /** Whom a node reaches, itself among them; links are whole in both directions or in none. */
    private static Set<String> reached(String node, Set<Link> cut, int size) {
        return nodes(size).stream()
                .filter(other -> {
                    boolean there = !cut.contains(new Link(node, other));
                    assertThat(there).isEqualTo(!cut.contains(new Link(other, node)));
                    return there;
                })
                .collect(Collectors.toSet());
    }
}
