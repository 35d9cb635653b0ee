//! AWS's Query parameters (`Filter.1.Value.2=x`) as serde data: requests are read from them and written to them.
//!
//! Strict: what a request does not know is an error that names the whole parameter, as AWS's own `UnknownParameter` does.

mod de;
mod ser;

pub(crate) use de::{Blank, Params, from_params};
pub(crate) use ser::to_params;

use crate::{ApiError, Service};

/// Why parameters are not the request they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    /// A parameter that the action does not have.
    #[error("the parameter {0} is not recognized")]
    Unknown(String),
    /// A parameter that the action needs is missing.
    #[error("the parameter {0} is missing")]
    Missing(String),
    /// A value of the wrong kind.
    #[error("the value of {parameter} is {problem}")]
    Value {
        /// The parameter.
        parameter: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// One parameter twice, or one that is both a value and a structure.
    #[error("the parameter {0} is given more than once")]
    Twice(String),
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Unknown(parameter) => Self::unknown_parameter(&parameter),
            QueryError::Missing(parameter) => Self::missing(&parameter),
            QueryError::Value { parameter, problem } => Self::invalid_value(format!(
                "Invalid value for the parameter {parameter}: it is {problem}"
            )),
            QueryError::Twice(parameter) => Self::new(
                "MalformedQueryString",
                format!("The parameter {parameter} is given more than once"),
            ),
        }
    }
}

impl QueryError {
    /// The error as a service words it: all but EC2 have one code for whatever is wrong with a value.
    pub(crate) fn of(self, service: Service) -> ApiError {
        match (service, self) {
            (Service::Sts | Service::Elb | Service::AutoScaling, Self::Missing(parameter)) => {
                let name = lower_first(&parameter);
                ApiError::validation(format!(
                    "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must \
                     not be null"
                ))
            }
            (
                Service::Sts | Service::Elb | Service::AutoScaling,
                Self::Value { parameter, problem },
            ) => ApiError::validation(format!("The value of {parameter} is {problem}")),
            (_, error) => error.into(),
        }
    }
}

/// Validation names parameters as the service's own code does.
pub(crate) fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Describe {
        vpc_id: String,
        max_results: Option<i32>,
        dry_run: Option<bool>,
        #[serde(default, rename = "Filter")]
        filters: Vec<Filter>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Filter {
        name: String,
        #[serde(default, rename = "Value")]
        values: Vec<String>,
    }

    fn read(query: &str) -> Result<Describe, QueryError> {
        let params = Params::collect(form_urlencoded::parse(query.as_bytes()))?;
        from_params(&params, Blank::Value)
    }

    #[test]
    fn numbered_parameters_become_lists_in_the_order_of_their_numbers() {
        let values: Vec<String> = (1..=11).map(|n| format!("&Filter.1.Value.{n}=v{n}")).collect();
        let values = values.concat();
        let request =
            read(&format!("VpcId=vpc-1&Filter.1.Name=vpc-id{values}&DryRun=TRUE")).unwrap();
        assert_eq!(request.filters[0].values[1], "v2");
        assert_eq!(request.filters[0].values[10], "v11");
        assert_eq!(request.dry_run, Some(true));
        assert_eq!(request.max_results, None);
    }

    #[test]
    fn the_older_services_member_step_is_read_too() {
        let request =
            read("VpcId=a&Filter.member.1.Name=n&Filter.member.1.Value.member.1=x").unwrap();
        assert_eq!(request.filters[0].values, ["x"]);
        assert_eq!(read("VpcId=a&Filter=").unwrap().filters, []);
    }

    #[test]
    fn what_is_wrong_is_named_in_full() {
        let unknown = |name: &str| QueryError::Unknown(name.to_owned());
        assert_eq!(read("VpcId=a&Vpcid=b"), Err(unknown("Vpcid")));
        assert_eq!(
            read("VpcId=a&Filter.1.Name=n&Filter.1.Values.1=x"),
            Err(unknown("Filter.1.Values"))
        );
        assert_eq!(read("VpcId=a&Filter.x.Name=n"), Err(unknown("Filter.x")));
        assert_eq!(read("MaxResults=5"), Err(QueryError::Missing("VpcId".to_owned())));
        assert_eq!(
            read("VpcId=a&Filter.2.Value.1=x"),
            Err(QueryError::Missing("Filter.2.Name".to_owned()))
        );
        assert_eq!(read("VpcId=a&VpcId=b"), Err(QueryError::Twice("VpcId".to_owned())));
        assert_eq!(read("VpcId=a&VpcId.1=b"), Err(QueryError::Twice("VpcId.1".to_owned())));
        let error = read("VpcId=a&MaxResults=many").unwrap_err().to_string();
        assert_eq!(error, "the value of MaxResults is \"many\", which is not a number");
        assert!(read("VpcId=a&DryRun=maybe").is_err());
        assert!(read("VpcId.1=a").is_err());
    }

    #[test]
    fn an_empty_name_of_what_may_be_left_out_is_none_where_the_service_has_it_so() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        struct Launch {
            subnet_id: Option<String>,
            description: Option<String>,
            placement: Option<Placement>,
            #[serde(rename = "GroupId")]
            groups: Vec<String>,
        }
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        struct Placement {
            availability_zone: Option<String>,
            group_name: Option<String>,
        }
        let query =
            "SubnetId=&Description=&Placement.AvailabilityZone=&Placement.GroupName=&GroupId.1=";
        let params = Params::collect(form_urlencoded::parse(query.as_bytes())).unwrap();
        let empty = || Some(String::new());
        let mut expected = Launch {
            description: empty(),
            placement: Some(Placement::default()),
            groups: vec![String::new()],
            ..Launch::default()
        };
        assert_eq!(from_params::<Launch>(&params, Blank::NoName).unwrap(), expected);
        expected.subnet_id = empty();
        expected.placement = Some(Placement { availability_zone: empty(), group_name: empty() });
        assert_eq!(from_params::<Launch>(&params, Blank::Value).unwrap(), expected);
        // What must be given is given all the same, and what nobody knows stays unknown.
        let read = |query: &'static str| {
            let params = Params::collect(form_urlencoded::parse(query.as_bytes()))?;
            from_params::<Describe>(&params, Blank::NoName)
        };
        assert_eq!(read("VpcId=").unwrap().vpc_id, "");
        assert_eq!(read("VpcId=a&OtherId="), Err(QueryError::Unknown("OtherId".to_owned())));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            vpc_id in "\\PC{0,20}",
            max_results in any::<Option<i32>>(),
            dry_run in any::<Option<bool>>(),
            filters in prop::collection::vec(("\\PC{0,10}", prop::collection::vec("\\PC{0,10}", 0..4)), 0..4),
        ) {
            let filters = filters.into_iter().map(|(name, values)| Filter { name, values }).collect();
            let request = Describe { vpc_id, max_results, dry_run, filters };
            let pairs = to_params(&request).unwrap();
            let pairs = pairs.iter().map(|(k, v)| (Cow::from(k.as_str()), Cow::from(v.as_str())));
            let params = Params::collect(pairs).unwrap();
            prop_assert_eq!(from_params::<Describe>(&params, Blank::Value).unwrap(), request);
        }

        #[test]
        fn any_query_is_read_or_refused(query in "([A-Za-z0-9.]{0,12}=[a-z0-9%]{0,4}&?){0,6}") {
            let _ = read(&query);
        }
    }
}
