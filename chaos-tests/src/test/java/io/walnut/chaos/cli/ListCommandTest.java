package io.walnut.chaos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.cluster.Backend;
import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Outline;
import io.walnut.chaos.fault.Fault;
import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Faults;
import io.walnut.chaos.run.Backends;
import io.walnut.chaos.workload.Workloads;
import io.walnut.cli.WalnutCli;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ListCommandTest {
    @TempDir
    Path directory;

    @Test
    void everythingThatCanBeChosenIsThereAndWhatIsMissing() throws Exception {
        JsonNode list = new ObjectMapper().readTree(run("chaos", "list", "--output", "json"));

        assertThat(list.get("backends").findValuesAsText("name"))
                .containsExactlyElementsOf(
                        Backends.all().stream().map(Backend::name).toList());
        assertThat(list.get("workloads")).hasSize(Workloads.all().size());
        assertThat(list.get("faults").findValuesAsText("name"))
                .containsExactlyElementsOf(
                        Faults.all().stream().map(Fault::name).toList());
        Set<String> classes = new HashSet<>(list.get("faults").findValuesAsText("class"));
        classes.addAll(list.get("not_covered").findValuesAsText("name"));
        assertThat(classes).hasSize(FaultClass.values().length);
        assertThat(list.get("faults")).anySatisfy(fault -> {
            assertThat(fault.get("name").asText()).isEqualTo("kill-leader");
            assertThat(fault.get("class").asText()).isEqualTo("kill-one");
            assertThat(fault.get("backends").get(0).asText()).isEqualTo("process");
        });
    }

    @Test
    void aPersonReadsTheSame() {
        String list = run("chaos", "list");
        assertThat(list).contains("backends", "workloads", "faults", "kill-leader", "on process");
        Backends.all()
                .forEach(backend ->
                        backend.missing().ifPresent(what -> assertThat(list).contains("NOT HERE: " + what)));
    }

    /** What is said of a cluster that there is not must be true of one that there is. */
    @Test
    void theOutlineOfABackendIsThatOfItsClusters() throws Exception {
        for (Backend backend : Backends.all()) {
            if (backend.missing().isPresent()) {
                continue;
            }
            try (Cluster cluster = backend.create(directory.resolve(backend.name()), 3)) {
                for (Fault fault : Faults.all()) {
                    assertThat(fault.possible(new Outline(backend, 3)))
                            .as(fault.name() + " on " + backend.name())
                            .isEqualTo(fault.possible(cluster));
                }
            }
        }
    }

    private static String run(String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine program = WalnutCli.commandLine(new ChaosCommand());
        program.setOut(new PrintWriter(out, true));
        assertThat(program.execute(arguments)).isZero();
        return out.toString();
    }
}
