package io.walnut.chaos.sim;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test that has a parameter of type {@link SimCluster} a cluster of its own, ready to serve. A parameter of
 * {@code @BeforeAll} gets one that all tests of the class share.
 *
 * <p>When a test fails the seed is printed. The system property {@code walnut.seed} sets it, whatever stands here.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(WalnutExtension.class)
public @interface WalnutCluster {
    /** How many nodes. */
    int nodes() default 3;

    /** Of what becomes of messages; 0 takes another one each time. */
    long seed() default 0;

    /** Further configuration of every node, each as {@code key=value}, e.g. {@code raft.election-timeout=200ms}. */
    String[] config() default {};
}
