package io.walnut.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The chart in a real Kubernetes: three pods become a cluster, a pod that is deleted comes back with its records. For the
 * profile {@code kubernetes}, where {@code WALNUT_TEST_KUBECONFIG} names a cluster that has the image {@code walnut:local} and a
 * default storage class, with {@code kubectl} on the PATH. {@code deploy/helm/try-on-cluster.sh} sets all that up and runs it.
 */
@Tag("kubernetes")
class KubernetesTest {
    private static final Path CHART = Path.of("helm", "walnut").toAbsolutePath();
    private static final String RELEASE = "walnut";
    private static final String NAMESPACE = "walnut-test";
    private static final String LOG = "orders";
    private static final Duration DEADLINE = Duration.ofMinutes(4);
    private static final long COMMAND_SECONDS = 120;

    private final Path kubeconfig = Path.of(Objects.requireNonNull(
            System.getenv("WALNUT_TEST_KUBECONFIG"),
            "WALNUT_TEST_KUBECONFIG must name the configuration of a cluster"));
    private final ObjectMapper json = new ObjectMapper();

    @BeforeEach
    void install() throws Exception {
        remove();
        new Helm(CHART)
                .install()
                .withKubeConfig(kubeconfig)
                .withName(RELEASE)
                .withNamespace(NAMESPACE)
                .createNamespace()
                .set("image.tag", "local")
                .set("image.pullPolicy", "Never")
                .set("heap", "256m")
                .set("resources.requests.cpu", "100m")
                .set("resources.requests.memory", "384Mi")
                .set("persistence.size", "1Gi")
                .set("persistence.takeOwnership", true)
                .call();
    }

    @AfterEach
    void remove() throws Exception {
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true");
    }

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void aDeletedPodComesBackAndNothingIsLost() throws Exception {
        awaitReady(3);
        walnut(RELEASE + "-0", "", "log", "create", LOG);
        List<String> lines = new ArrayList<>();
        append(lines, RELEASE + "-1", 1_000);

        String leader = leader();
        String uid = podUid(leader);
        kubectl("-n", NAMESPACE, "delete", "pod", leader, "--wait=false");
        append(lines, another(leader), 1_000);
        await(leader + " is another pod", () -> !podUid(leader).equals(uid));
        awaitReady(3);
        append(lines, leader, 1_000);

        for (int i = 0; i < 3; i++) {
            String pod = RELEASE + "-" + i;
            String expected = String.join("\n", lines) + "\n";
            await(
                    "all records are on " + pod,
                    () -> walnut(pod, "", "read", LOG, "--node", "localhost:7420")
                            .equals(expected));
        }
        System.out.println(walnut(leader, "", "cluster", "status"));
    }

    private void append(List<String> all, String pod, int count) throws Exception {
        List<String> lines = IntStream.range(all.size(), all.size() + count)
                .mapToObj(i -> "record " + i)
                .toList();
        walnut(pod, String.join("\n", lines) + "\n", "append", LOG);
        all.addAll(lines);
    }

    private void awaitReady(int pods) throws Exception {
        await(pods + " pods are ready", () -> {
            JsonNode set = json.readTree(kubectl("-n", NAMESPACE, "get", "statefulset", RELEASE, "--output=json"));
            return set.at("/status/readyReplicas").asInt() == pods;
        });
    }

    private String leader() throws Exception {
        JsonNode rows = json.readTree(walnut(RELEASE + "-0", "", "cluster", "status", "--output", "json"));
        String leader = rows.at("/0/leader").asText();
        assertThat(leader).as("%s", rows).startsWith(RELEASE + "-");
        return leader;
    }

    private static String another(String pod) {
        return RELEASE + "-" + (pod.endsWith("-0") ? 1 : 0);
    }

    private String podUid(String pod) throws Exception {
        return kubectl("-n", NAMESPACE, "get", "pod", pod, "--ignore-not-found", "--output=jsonpath={.metadata.uid}");
    }

    /** The command line in a pod. */
    private String walnut(String pod, String input, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("-n", NAMESPACE, "exec", "-i", pod, "--", "walnut"));
        command.addAll(List.of(arguments));
        return run(input, command);
    }

    private String kubectl(String... arguments) throws Exception {
        return run("", List.of(arguments));
    }

    private String run(String input, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig.toString()));
        command.addAll(arguments);
        Path in = Files.createTempFile("kubectl-", ".in");
        Path out = Files.createTempFile("kubectl-", ".out");
        Path errors = Files.createTempFile("kubectl-", ".err");
        try {
            Files.writeString(in, input);
            Process process = new ProcessBuilder(command)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(errors.toFile())
                    .start();
            boolean ended = process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            if (!ended || process.exitValue() != 0) {
                throw new IOException((ended ? "exit " + process.exitValue() : "no end") + ": " + command + "\n"
                        + Files.readString(out) + Files.readString(errors));
            }
            return Files.readString(out, StandardCharsets.UTF_8);
        } finally {
            Files.delete(in);
            Files.delete(out);
            Files.delete(errors);
        }
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        Await.until(what, DEADLINE, condition);
    }
}
