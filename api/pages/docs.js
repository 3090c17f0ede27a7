// Starts the reference. Without a validator's address nothing is asked of another host.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "none",
  displayOperationId: true,
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
});
