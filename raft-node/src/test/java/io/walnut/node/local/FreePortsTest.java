package io.walnut.node.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreePortsTest {
    @Test
    void noPortComesTwiceAndNoneThatIsListenedOnOrThatAConnectionMayGet() throws Exception {
        int first = FreePorts.onLoopback(1).getFirst();
        List<Integer> ports = new ArrayList<>();
        try (ServerSocket taken = new ServerSocket(first + 1, 1, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < 20; i++) {
                ports.addAll(FreePorts.onLoopback(5));
            }
            assertThat(ports).doesNotHaveDuplicates().doesNotContain(first, taken.getLocalPort());
        }
        assertThat(ports).allSatisfy(port -> assertThat(port).isBetween(1024, 32_767));
    }
}
