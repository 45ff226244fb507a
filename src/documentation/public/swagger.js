/* global SwaggerUIBundle, window */
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  oauth2RedirectUrl: `${window.location.origin}/docs/oauth2-redirect`,
  // Swagger UI would send the document to a validator of its makers.
  validatorUrl: null,
});
