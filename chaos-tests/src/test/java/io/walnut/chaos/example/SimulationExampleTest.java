package io.walnut.chaos.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.sim.SimCluster;
import io.walnut.chaos.sim.WalnutCluster;
import io.walnut.client.Record;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@WalnutCluster(nodes = 3)
class SimulationExampleTest {
    @Test
    void nothingIsLostWhenTheLeaderIsCutOff(SimCluster cluster) {
        Walnut walnut = cluster.client();
        walnut.createLog("orders");
        cluster.delay(Duration.ofMillis(1), Duration.ofMillis(5));
        cluster.duplicate(0.1);
        walnut.append("orders", Record.of("first".getBytes(UTF_8)));

        String cutOff = cluster.leader();
        cluster.isolate(cutOff);
        walnut.append("orders", Record.of("second".getBytes(UTF_8)));
        cluster.heal();
        cluster.awaitReady();

        cluster.stop(cutOff);
        walnut.append("orders", Record.of("third".getBytes(UTF_8)));
        cluster.start(cutOff);
        cluster.awaitReady();

        List<String> orders = new ArrayList<>();
        for (StoredRecord record : walnut.read("orders", 0)) {
            orders.add(new String(record.value(), UTF_8));
        }
        assertThat(orders).containsExactly("first", "second", "third");
    }
}
