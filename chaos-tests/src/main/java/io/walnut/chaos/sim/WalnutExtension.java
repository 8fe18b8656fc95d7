package io.walnut.chaos.sim;

import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link WalnutCluster} stands for. */
public final class WalnutExtension implements ParameterResolver, AfterEachCallback, AfterAllCallback {
    static final String SEED_PROPERTY = "walnut.seed";

    private static final Namespace NAMESPACE = Namespace.create(WalnutExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == SimCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(NAMESPACE)
                .getOrComputeIfAbsent(SimCluster.class, _ -> start(settings(context)), SimCluster.class);
    }

    /** The nearest. */
    private static WalnutCluster settings(ExtensionContext context) {
        for (Optional<ExtensionContext> at = Optional.of(context);
                at.isPresent();
                at = at.get().getParent()) {
            Optional<WalnutCluster> found =
                    AnnotationSupport.findAnnotation(at.get().getElement(), WalnutCluster.class);
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new ExtensionConfigurationException(
                "a SimCluster is wanted, but neither the test nor its class has @WalnutCluster");
    }

    private static SimCluster start(WalnutCluster settings) {
        Map<String, String> config = new LinkedHashMap<>();
        for (String setting : settings.config()) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new ExtensionConfigurationException(
                        "@WalnutCluster has the config '" + setting + "'; expected key=value");
            }
            config.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return SimCluster.start(settings.nodes(), seed(settings), config);
    }

    private static long seed(WalnutCluster settings) {
        String given = System.getProperty(SEED_PROPERTY, "");
        try {
            if (!given.isEmpty()) {
                return Long.parseLong(given);
            }
        } catch (NumberFormatException e) {
            throw new ExtensionConfigurationException(
                    "the system property " + SEED_PROPERTY + " is '" + given + "'; expected a number", e);
        }
        return settings.seed() == 0 ? new SecureRandom().nextInt(1, Integer.MAX_VALUE) : settings.seed();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        SimCluster cluster = context.getStore(NAMESPACE).get(SimCluster.class, SimCluster.class);
        if (cluster != null && context.getExecutionException().isPresent()) {
            System.err.println("walnut: " + context.getDisplayName() + " failed with the seed " + cluster.seed()
                    + "; the same one again: -D" + SEED_PROPERTY + "=" + cluster.seed());
        }
        closeOwn(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        closeOwn(context);
    }

    private static void closeOwn(ExtensionContext context) {
        SimCluster cluster = context.getStore(NAMESPACE).remove(SimCluster.class, SimCluster.class);
        if (cluster != null) {
            cluster.close();
        }
    }
}
