package io.walnut.node.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationDocumentTest {
    @Test
    void everyKeyStandsInTheDocumentWithItsDefault() throws Exception {
        String document = Files.readString(Path.of("../docs/CONFIGURATION.md"));

        for (Setting<?> setting : Settings.ALL) {
            String fallback = setting.fallback() == null ? "must be given" : "`" + setting.fallback() + "`";
            assertThat(document).contains("| `" + setting.key() + "` | " + fallback + " |");
        }
    }
}
