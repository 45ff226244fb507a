/** What was collected. The order is the contract's: error texts and the OpenAPI document list the values so. */
export enum WasteType {
  Organic = 'organic',
  Plastic = 'plastic',
  Paper = 'paper',
  Metal = 'metal',
  Glass = 'glass',
  Electronic = 'electronic',
}

/** What a quantity counts. */
export enum Unit {
  Kg = 'kg',
  Tons = 'tons',
  Liters = 'liters',
}

/** How far a collection is. */
export enum Status {
  Pending = 'pending',
  Completed = 'completed',
}
