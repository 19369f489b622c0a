package io.llmd.configserver.edge;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets through reads of a configuration and answers everything else itself, before any controller sees it: 404 for other
 * paths, plain-text files and the encryption endpoints included, 405 for other methods.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class ConfigPathFilter extends OncePerRequestFilter {

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        // A query can turn a label into the name of a file to serve as it is.
        if (!ConfigPath.isConfiguration(request.getRequestURI()) || request.getQueryString() != null) {
            response.setStatus(HttpServletResponse.SC_NOT_FOUND);
        } else if (!isRead(request.getMethod())) {
            response.setHeader("Allow", "GET, HEAD");
            response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
        } else {
            chain.doFilter(request, response);
        }
    }

    private static boolean isRead(String method) {
        return method.equals(HttpMethod.GET.name()) || method.equals(HttpMethod.HEAD.name());
    }
}
