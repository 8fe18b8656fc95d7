package io.walnut.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart as Helm itself lints and renders it. */
class HelmChartTest {
    private static final Path CHART = Path.of("helm", "walnut").toAbsolutePath();
    private static final YAMLMapper YAML = new YAMLMapper();

    private final Helm helm = new Helm(CHART);

    @Test
    void helmFindsNothingWrong() {
        LintResult result = helm.lint().strict().call();

        assertThat(result.isFailed())
                .as(String.join("\n", result.getMessages()))
                .isFalse();
    }

    @Test
    void threeNodesFindEachOtherByTheirStableNames() throws IOException {
        JsonNode set = only(render(), "StatefulSet");
        JsonNode pod = set.at("/spec/template/spec");
        JsonNode container = pod.at("/containers/0");

        assertThat(set.at("/spec/replicas").asInt()).isEqualTo(3);
        assertThat(set.at("/spec/podManagementPolicy").asText()).isEqualTo("Parallel");
        assertThat(set.at("/spec/serviceName").asText()).isEqualTo("walnut-headless");
        assertThat(environment(container, "WALNUT_PEERS").at("/value").asText())
                .isEqualTo("walnut-0=walnut-0.walnut-headless.logs.svc.cluster.local:7421:7420,"
                        + "walnut-1=walnut-1.walnut-headless.logs.svc.cluster.local:7421:7420,"
                        + "walnut-2=walnut-2.walnut-headless.logs.svc.cluster.local:7421:7420");
        assertThat(environment(container, "WALNUT_NODE_ID")
                        .at("/valueFrom/fieldRef/fieldPath")
                        .asText())
                .isEqualTo("metadata.name");
        assertThat(container.at("/image").asText()).doesNotEndWith(":latest");
    }

    @Test
    void theContainerHasNoMoreRightsThanItNeeds() throws IOException {
        JsonNode pod = only(render(), "StatefulSet").at("/spec/template/spec");

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/automountServiceAccountToken").asBoolean(true)).isFalse();
        JsonNode context = pod.at("/containers/0/securityContext");
        assertThat(context.at("/readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(context.at("/allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
    }

    @Test
    void kubernetesMakesUpNoVariablesThatLookLikeConfiguration() throws IOException {
        JsonNode pod = only(render(), "StatefulSet").at("/spec/template/spec");

        assertThat(pod.at("/enableServiceLinks").asBoolean(true)).isFalse();
    }

    @Test
    void probesAskTheHttpPort() throws IOException {
        JsonNode container = only(render(), "StatefulSet").at("/spec/template/spec/containers/0");

        assertThat(container.at("/startupProbe/httpGet/path").asText()).isEqualTo("/startupz");
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/readyz");
        assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/livez");
    }

    @Test
    void namesOfThePodsResolveBeforeTheyAreReady() throws IOException {
        JsonNode headless = render().stream()
                .filter(resource -> resource.at("/metadata/name").asText().equals("walnut-headless"))
                .findFirst()
                .orElseThrow();

        assertThat(headless.at("/spec/clusterIP").asText()).isEqualTo("None");
        assertThat(headless.at("/spec/publishNotReadyAddresses").asBoolean()).isTrue();
    }

    @Test
    void dataOutlivesThePod() throws IOException {
        JsonNode set = only(render(), "StatefulSet");

        assertThat(set.at("/spec/volumeClaimTemplates/0/metadata/name").asText())
                .isEqualTo("data");
        assertThat(set.at("/spec/template/spec/containers/0/volumeMounts/0/mountPath")
                        .asText())
                .isEqualTo("/var/lib/walnut");
    }

    @Test
    void aVolumeOfRootIsGivenToTheNodeWhereThatIsAskedFor() throws IOException {
        assertThat(only(render(), "StatefulSet")
                        .at("/spec/template/spec/initContainers")
                        .isMissingNode())
                .isTrue();

        JsonNode set = only(resources(template().set("persistence.takeOwnership", true)), "StatefulSet");
        JsonNode container = set.at("/spec/template/spec/initContainers/0");
        assertThat(container.at("/command/0").asText()).isEqualTo("chown");
        assertThat(container.at("/securityContext/capabilities/add/0").asText()).isEqualTo("CHOWN");
        assertThat(container.at("/volumeMounts/0/name").asText()).isEqualTo("data");
    }

    @Test
    void anOldKubernetesIsRefusedAndOneWithoutAVersionIsNot() throws IOException {
        assertThatThrownBy(() -> resources(template().withKubeVersion("1.19.3")))
                .hasMessageContaining("this is Kubernetes v1.19.3; Walnut's chart needs 1.20 or later");
        assertThat(resources(template().withKubeVersion("0.0.0-master"))).isNotEmpty();
    }

    @Test
    void atMostOneNodeIsTakenAwayAtOnce() throws IOException {
        JsonNode budget = only(render(), "PodDisruptionBudget");

        assertThat(budget.at("/spec/maxUnavailable").asInt()).isEqualTo(1);
        assertThat(budget.at("/spec/selector/matchLabels"))
                .isEqualTo(only(render(), "StatefulSet").at("/spec/selector/matchLabels"));
    }

    @ParameterizedTest
    @CsvSource({"1.20.2, policy/v1beta1", "1.21.0, policy/v1", "1.34.0, policy/v1"})
    void theDisruptionBudgetIsOfAVersionThatTheClusterKnows(String kubernetes, String apiVersion) throws IOException {
        JsonNode budget = only(resources(template().withKubeVersion(kubernetes)), "PodDisruptionBudget");

        assertThat(budget.at("/apiVersion").asText()).isEqualTo(apiVersion);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 7})
    void thereIsOnePeerForEachReplica(int replicas) throws IOException {
        JsonNode set = only(render("replicas=" + replicas), "StatefulSet");

        assertThat(set.at("/spec/replicas").asInt()).isEqualTo(replicas);
        assertThat(peers(set)).hasSize(replicas).doesNotHaveDuplicates();
    }

    @Test
    void aReleaseMayHaveAnyName() throws IOException {
        List<JsonNode> resources = resources(helm.template().withName("orders").withNamespace("shop"));
        JsonNode set = only(resources, "StatefulSet");

        assertThat(set.at("/metadata/name").asText()).isEqualTo("orders-walnut");
        assertThat(peers(set))
                .first()
                .isEqualTo("orders-walnut-0=orders-walnut-0.orders-walnut-headless.shop.svc.cluster.local:7421:7420");
        assertThat(resources.stream()
                        .map(resource -> resource.at("/metadata/name").asText()))
                .contains(set.at("/spec/serviceName").asText());
    }

    @Test
    void furtherConfigurationIsMergedIntoTheNodesFile() throws IOException {
        JsonNode map = only(render("config.wal.segment-size=128MiB", "ports.client=9000"), "ConfigMap");
        JsonNode config = YAML.readTree(map.at("/data/walnut.yaml").asText());

        assertThat(config.at("/wal/segment-size").asText()).isEqualTo("128MiB");
        assertThat(config.at("/client/port").asInt()).isEqualTo(9000);
        assertThat(config.at("/cluster/id").asText()).isEqualTo("logs-walnut");
    }

    @Test
    void anUnknownValueOrAnEvenNumberOfNodesIsRefused() {
        assertThatThrownBy(() -> render("replica=3")).hasMessageContaining("replica");
        assertThatThrownBy(() -> render("replicas=2")).hasMessageContaining("replicas");
    }

    private TemplateCommand template() {
        return helm.template().withName("walnut").withNamespace("logs");
    }

    private List<JsonNode> render(String... settings) throws IOException {
        TemplateCommand template = template();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            template.set(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return resources(template);
    }

    private static List<JsonNode> resources(TemplateCommand template) throws IOException {
        var resources = new ArrayList<JsonNode>();
        try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(template.call())) {
            documents.forEachRemaining(document -> {
                if (document.isObject()) {
                    resources.add(document);
                }
            });
        }
        return resources;
    }

    private static JsonNode only(List<JsonNode> resources, String kind) {
        List<JsonNode> found = resources.stream()
                .filter(resource -> resource.at("/kind").asText().equals(kind))
                .toList();
        assertThat(found).as(kind).hasSize(1);
        return found.getFirst();
    }

    private static List<String> peers(JsonNode set) {
        JsonNode container = set.at("/spec/template/spec/containers/0");
        return List.of(
                environment(container, "WALNUT_PEERS").at("/value").asText().split(","));
    }

    private static JsonNode environment(JsonNode container, String name) {
        return StreamSupport.stream(container.at("/env").spliterator(), false)
                .filter(variable -> variable.at("/name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
