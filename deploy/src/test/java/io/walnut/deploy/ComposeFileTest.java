package io.walnut.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComposeFileTest {
    @Test
    void everyNodeHasItsOwnNameVolumeAndAddressAmongThePeers() throws IOException {
        JsonNode compose =
                new YAMLMapper().readTree(Path.of("compose", "compose.yaml").toFile());
        String peers = compose.at("/x-environment/WALNUT_PEERS").asText();

        for (String node : List.of("n1", "n2", "n3")) {
            JsonNode service = compose.at("/services/" + node);
            assertThat(service.at("/environment/WALNUT_NODE_ID").asText()).isEqualTo(node);
            assertThat(service.at("/volumes/0").asText()).isEqualTo(node + ":/var/lib/walnut");
            assertThat(peers.split(",")).contains(node + "=" + node + ":7421:7420");
            assertThat(compose.at("/volumes/" + node).isMissingNode()).isFalse();
        }
        assertThat(compose.at("/services")).hasSize(3);
    }

    @Test
    void everyNodeRunsWithoutRightsAndIsAskedForItsHealth() throws IOException {
        JsonNode node = new YAMLMapper()
                .readTree(Path.of("compose", "compose.yaml").toFile())
                .at("/x-node");

        assertThat(node.at("/image").asText()).doesNotContain("latest");
        assertThat(node.at("/read_only").asBoolean()).isTrue();
        assertThat(node.at("/cap_drop/0").asText()).isEqualTo("ALL");
        assertThat(node.at("/healthcheck/test/3").asText()).contains("/readyz", "7422");
    }
}
