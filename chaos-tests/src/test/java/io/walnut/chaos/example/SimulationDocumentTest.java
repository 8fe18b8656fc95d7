package io.walnut.chaos.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SimulationDocumentTest {
    /** Else readers copy what does not compile, or does not hold. */
    @Test
    void thePageShowsTheTestThatRunsHere() throws Exception {
        String test = Files.readString(Path.of("src/test/java/io/walnut/chaos/example/SimulationExampleTest.java"));
        String shown = test.substring(test.indexOf("import "));
        assertThat(Files.readString(Path.of("..", "docs", "SIMULATION.md"))).contains("```java\n" + shown + "```");
    }
}
