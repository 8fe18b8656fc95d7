package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PeerAddressesTest {
    private static final Peer A = new Peer("a", "a.example", 7421);
    private static final Peer B = new Peer("b", "b.example", 7421);

    private final Map<String, Set<InetAddress>> names = new HashMap<>();
    private final List<String> moved = new ArrayList<>();
    private final PeerAddresses addresses =
            new PeerAddresses(List.of(A, B), this::resolve, peer -> moved.add(peer.id()));

    private Set<InetAddress> resolve(String host) throws UnknownHostException {
        Set<InetAddress> found = names.get(host);
        if (found == null) {
            throw new UnknownHostException(host);
        }
        return found;
    }

    private void check(String a, String... b) {
        names.put(A.host(), Set.of(InetAddress.ofLiteral(a)));
        if (b.length == 0) {
            names.remove(B.host());
        } else {
            names.put(
                    B.host(),
                    Set.of(List.of(b).stream().map(InetAddress::ofLiteral).toArray(InetAddress[]::new)));
        }
        addresses.check();
    }

    @Test
    void onlyAnotherAddressIsAMoveAndItIsToldOnce() {
        check("10.0.0.1", "10.0.0.2");
        check("10.0.0.1", "10.0.0.2");
        assertThat(moved).isEmpty();
        check("10.0.0.1", "10.0.0.3");
        check("10.0.0.1", "10.0.0.3");
        assertThat(moved).containsExactly("b");
    }

    @Test
    void aNameThatGoesAndComesBackElsewhereHasMoved() {
        check("10.0.0.1", "10.0.0.2");
        check("10.0.0.1");
        assertThat(moved).isEmpty();
        check("10.0.0.1", "10.0.0.2");
        assertThat(moved).isEmpty();
        check("10.0.0.1");
        check("10.0.0.1", "10.0.0.3");
        assertThat(moved).containsExactly("b");
    }

    @Test
    void oneAddressOfSeveralThatStaysIsNoMove() {
        check("10.0.0.1", "10.0.0.2", "10.0.1.2");
        check("10.0.0.1", "10.0.1.2", "10.0.2.2");
        assertThat(moved).isEmpty();
    }
}
