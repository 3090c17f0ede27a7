// Sends events of every type with one of the real clients and ends once the client says that all have been delivered.
//
//   node send.mjs segment|rudder ADDRESS WRITE_KEY COUNT
import { Analytics } from '@segment/analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';

const [client, address, writeKey, count] = process.argv.slice(2);

const makers = {
  segment: () => new Analytics({ writeKey, host: address, maxEventsInBatch: 7, flushInterval: 50, maxRetries: 10 }),
  rudder: () => new RudderAnalytics(writeKey, { dataPlaneUrl: address, flushAt: 7, flushInterval: 50 }),
};
const analytics = makers[client]();

// Both clients call back once an event has been delivered or given up.
const send = (type, message) =>
  new Promise((resolve, reject) => analytics[type](message, (error) => (error ? reject(error) : resolve())));

// Each client's own form of consent.
const consent = {
  segment: { consent: { categoryPreferences: { Advertising: true, email: false } } },
  rudder: {
    consentManagement: {
      provider: 'custom',
      resolutionStrategy: 'and',
      allowedConsentIds: ['Advertising'],
      deniedConsentIds: ['email', ''],
    },
  },
};

const deliveries = [];
for (let number = 0; number < Number(count); number += 1) {
  const userId = `${client}-${number}`;
  const anonymousId = `anonymous-${number}`;
  deliveries.push(
    send('track', { userId, event: 'Order Completed', properties: { number, revenue: 9.9, name: 'Jürgen 🙂' } }),
    send('identify', { userId, anonymousId, traits: { email: `${userId}@example.com` }, context: consent[client] }),
    send('page', { userId, name: 'Home', properties: { path: '/' } }),
    send('screen', { userId, name: 'Start' }),
    send('group', { userId, groupId: 'g1', traits: { plan: 'gold' } }),
    send('alias', { userId, previousId: anonymousId }),
  );
}
await Promise.all(deliveries);
process.exit(0);
