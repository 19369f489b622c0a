package io.llmd.gateway.config;

import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether signed tokens are accepted: an issuer that is empty is none. */
final class IssuerGiven implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        return !context.getEnvironment()
                .getProperty("gateway.access.jwt.issuer", "")
                .isEmpty();
    }
}
